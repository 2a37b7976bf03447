"""What a rule set means: the sentences of the language's contract, each as a small history."""
