"""What the shop does, one transaction a call. Services commit; repositories below them do not."""
