"""What is the data? JSON Schema documents, the frozen records read from them, the error tree."""
