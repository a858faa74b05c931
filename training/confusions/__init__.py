"""Learn which letters the reader takes for which, on text drawn in many typefaces.

    python -m training.confusions detection/matching/confusion.json

needs the typefaces of the dependency group `training` (all under the SIL Open Font License or Apache 2.0). It draws
random letters and words at the sizes and in the states in which boards are seen, reads them with the text reader that
ships, aligns readings with what was drawn, and writes what each mistake costs.
"""
