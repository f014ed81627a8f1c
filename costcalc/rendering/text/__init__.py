"""Text for a terminal: tables laid out, coloured or plain."""
