"""What exporters that write source code share: identifiers, and a network as classes and steps."""
