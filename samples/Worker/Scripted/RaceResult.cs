namespace Worker.Scripted;

/// <summary>Which branch of a race was first, and its output.</summary>
public sealed record RaceResult(int Winner, IReadOnlyList<object?> Output);
