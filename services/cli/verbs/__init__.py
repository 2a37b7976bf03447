"""One file a verb. It has

SUMMARY                   a line for `rulelang --help`
add_arguments(parser)     what it takes
run(arguments, terminal)  does it, and gives the exit code
"""
