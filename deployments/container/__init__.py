"""What a container runs beside the command line: small programs that need nothing but Python."""
