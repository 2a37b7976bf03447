"""The command line `rulelang`: one file a verb, in `services.cli.verbs`."""
