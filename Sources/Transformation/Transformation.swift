// Transformation
