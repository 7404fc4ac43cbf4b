namespace Hydra.Storage;

/// <summary>Makes an execution due that is held back by what went wrong, instead of at its time or never.</summary>
/// <remarks>
/// Of one between attempts, delayed after crashes, or suspended until a step may be tried again, the delay ends: the
/// steps' tries of its epoch and earlier ones make nobody wait any more. A blocked one becomes pending, and the crashes
/// without progress of a quarantined one are counted from zero. The refusals of builds are forgotten. All that, and
/// what was due anyway, answers <see cref="AnswerKind.Due"/>. What a worker runs, what is to begin later, and what
/// waits for a time or a delivery that its own code asked for stays as it is:
/// <see cref="AnswerKind.NothingToRetry"/>. A terminal
/// one: <see cref="AnswerKind.AlreadyEnded"/>. An unknown one: <see cref="AnswerKind.NotFound"/>.
/// </remarks>
public sealed record RetryOperation : StoreOperation
{
    /// <summary>
    /// A positive random number of the client's. The execution remembers the last that took effect, so that a
    /// repetition after a doubt answers Due and changes nothing.
    /// </summary>
    public required long OperationId { get; init; }

    /// <inheritdoc/>
    public override int Size => 64;
}
