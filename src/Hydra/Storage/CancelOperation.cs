namespace Hydra.Storage;

/// <summary>Asks an execution to stop.</summary>
/// <remarks>
/// Of one that never began, or is between attempts and unowned, it makes a cancelled one at once and appends the
/// terminal entry, under an epoch one higher: <see cref="AnswerKind.Ended"/>. A suspended one becomes due, a running
/// one is told through its mail: <see cref="AnswerKind.Requested"/>, also when it had been asked before. A blocked one
/// keeps the request: <see cref="AnswerKind.Blocked"/>. A terminal one stays as it is:
/// <see cref="AnswerKind.AlreadyEnded"/>. An unknown one: <see cref="AnswerKind.NotFound"/>.
/// </remarks>
public sealed record CancelOperation : StoreOperation
{
    /// <summary>The failure that the terminal entry carries when the execution ends at once.</summary>
    public required Payload Failure { get; init; }

    /// <inheritdoc/>
    public override int Size => 96 + Failure.Length;
}
