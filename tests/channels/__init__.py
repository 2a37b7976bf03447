"""What happens to warnings reaches those who are to be told, through real receivers on loopback."""
