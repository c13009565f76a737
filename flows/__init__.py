"""In which order? Each flow reads like the sentence that describes it."""
