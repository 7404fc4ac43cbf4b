namespace Hydra.Storage;

/// <summary>Ends an execution at once, whatever it does: its code hears nothing of it and cleans nothing up.</summary>
/// <remarks>
/// Whatever is not terminal becomes cancelled, owned, suspended and blocked ones too: <see cref="AnswerKind.Ended"/>.
/// The epoch goes up by one and the terminal entry is written under the new one, so that nothing an owner has written
/// or still writes can be taken for it: the owner is fenced from then on. A terminal one stays as it is:
/// <see cref="AnswerKind.AlreadyEnded"/>, unless its end carries this very failure, which is how a repetition after a
/// doubt answers Ended again. An unknown one: <see cref="AnswerKind.NotFound"/>.
/// </remarks>
public sealed record TerminateOperation : StoreOperation
{
    /// <summary>The failure that the terminal entry carries; it tells by whom and why.</summary>
    public required Payload Failure { get; init; }

    /// <inheritdoc/>
    public override int Size => 96 + Failure.Length;
}
