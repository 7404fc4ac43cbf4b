namespace DataPipeline;

/// <summary>What is collected: the sales of a night, from three to eight shops.</summary>
public sealed record Night(string Name, IReadOnlyList<string> Shops);
