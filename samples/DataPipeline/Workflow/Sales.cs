namespace DataPipeline;

/// <summary>What a shop has sold.</summary>
/// <remarks>Rows by the million would go to a file of their own, and its name would stand here.</remarks>
public sealed record Sales(string Shop, int Amount);
