namespace DataPipeline;

/// <summary>What is published of a night.</summary>
public sealed record Report(string Night, int Shops, int Amount, string Missing);
