"""E5xx: rule files, tables and calendars on disk."""

from rulelang.messages.wording import Wording

WORDINGS: dict[str, Wording] = {
    "E500": Wording("there is no file or folder '{name}'", "check the path"),
    "E501": Wording("there is no rule file in '{name}'", "rule files end in .rules"),
    "E502": Wording("'{name}' is not UTF-8 text: byte {offset} cannot be read", "save the file as UTF-8"),
    "E503": Wording("'{name}' has {size} bytes", "divide it into several files"),
    "E504": Wording("the rule set has {size} bytes", "divide it into several rule sets"),
    "E505": Wording("'{name}' cannot be read: {reason}", "check the file and its permissions"),
    "E506": Wording("the file '{name}' is not there", "file names are read from the folder of the file that mentions them"),
    "E507": Wording("the file '{name}' lies outside of the rule set's folder", "keep tables beside the rules that use them"),
    "E508": Wording("'{name}' is not a rule file", "rule files end in .rules"),
    "E510": Wording("{place}: the column '{column}' is missing", "the first line names the columns: {columns}"),
    "E511": Wording("{place}: there is a column '{column}' that nothing is known about", "the columns are: {columns}"),
    "E512": Wording("{place}: the column '{column}' is there twice", "keep one of the two"),
    "E513": Wording(
        "{place}: the row has {got} cells, the first line {wanted}", "a text that has a comma in it is written in double quotes"
    ),
    "E514": Wording("{place}: '{value}' in column '{column}' is not {wanted}", "{remedy}"),
    "E515": Wording("{place}: the column '{column}' is empty", "write the value, or leave the row out"),
    "E516": Wording("{place}: the row is valid until before it is since", "write the earlier day under since"),
    "E517": Wording(
        "{place}: this key already has a value on {day}, see line {line}", "let one row end (until) before the other begins (since)"
    ),
    "E518": Wording("{place}: this cannot be read as CSV: {reason}", "cells are divided by commas; texts may be in double quotes"),
    "E519": Wording("the file '{name}' is empty", "its first line names the columns: {columns}"),
    "E520": Wording("the file '{name}' has more than {limit} rows", "a table is a list that people keep; larger data belongs into events"),
}
