namespace DataPipeline;

/// <summary>What a shop is asked for.</summary>
public sealed record Request(string Night, string Shop);
