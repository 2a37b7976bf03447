"""What happens to warnings, told to other systems and to people: by webhook, by mail, on a Redis stream.

feed ─▶ routing ─▶ desk of a channel: what waits, in order for each warning ─▶ webhook, mail, stream
                      │   quiet hours, digests                                   done, again, given up
                      └─▶ how far it is, set aside in the store
"""
