namespace Hydra.Testing;

/// <summary>Lands as in a transaction that commits at once, where a store has transactions.</summary>
internal interface IModelLanding
{
    /// <summary>Lands a try.</summary>
    Task<LandingAnswer> LandAsync(
        SessionId session, ExecutionId id, StepTry landed, CancellationToken cancellationToken);

    /// <summary>Bars a try.</summary>
    /// <returns>What has landed before.</returns>
    Task<StepTry?> BarAsync(
        SessionId session, ExecutionId id, StepTry bar, CancellationToken cancellationToken);
}
