using Hydra.Storage;

namespace Hydra.Engine.Running;

/// <summary>What makes a step transactional.</summary>
/// <param name="Store">The store, in whose database the transactions are.</param>
/// <param name="Source">Where they come from.</param>
/// <param name="Limit">How long one may take.</param>
internal sealed record TransactionPlan(ITransactionalStore Store, TransactionSource Source, TimeSpan Limit);
