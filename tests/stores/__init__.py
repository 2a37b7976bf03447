"""Every store keeps what it promises."""
