"""What students of a demo class write in words."""

WRITTEN_WORDS = (
    "Because variances of independent parts add up, and the scale is the square root of a variance.",
    "β is a variance, so the noise itself gets √β. Otherwise the variance after a step would not stay 1.",
    "I think it has to do with the mean and the spread of the crowd: after many steps, only those are left of it.",
    "It follows from the formula above, if you put t = 1 into it and look at what is left.",
    "The small steps add up to one large one, and a sum of many small random parts looks Gaussian whatever they were.",
    "not sure, but the picture changed when I moved the slider to the right",
)
UNCLEAR_WORDS = (
    "Why the shapes (B,) and (B, 1, 1) behave so differently was the hardest for me.",
    "I got lost where the sum turns into a product.",
    "What exactly is random in the last picture, and what is not?",
    "Nothing, but it took me three evenings.",
    "The word variance is used before I had understood it.",
)
