"""Generated rule sets and histories: the engine held against the reference evaluator.

    seed ─▶ schema, rules (texts that know their parts) ─▶ acts (batches, clock, restarts, crashes) ─▶ played on an engine
                                                                                    └─▶ compared with the reference at every act

A case that fails prints its seed, is made as small as it stays failing, and is shown as rules and acts.
"""
