namespace Hydra.Storage;

/// <summary>What became of a batch, which is durable when this is returned.</summary>
/// <param name="Now">The database's clock.</param>
/// <param name="Answers">One answer per operation, in their order.</param>
public sealed record CommitAnswer(Instant Now, IReadOnlyList<OperationAnswer> Answers);
