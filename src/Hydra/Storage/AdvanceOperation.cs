namespace Hydra.Storage;

/// <summary>Appends to the journal of an execution that the batch's session owns, and may end that ownership.</summary>
/// <remarks>
/// Fenced by epoch and owner under the row's lock. Answers <see cref="AnswerKind.Applied"/>, also when the row shows
/// that this very operation was applied before (its last entry is there under its epoch; if it has none, the last
/// settlement is of its epoch); <see cref="AnswerKind.Continue"/> when it wanted to suspend but mail had moved (its
/// entries are kept, the session still owns the execution); <see cref="AnswerKind.Fenced"/> when another owner has
/// taken over (nothing is kept).
/// </remarks>
public sealed record AdvanceOperation : StoreOperation
{
    /// <summary>The epoch of the claim.</summary>
    public required long Epoch { get; init; }

    /// <summary>Entries with consecutive seqs that continue the journal.</summary>
    public IReadOnlyList<JournalEntry> Entries { get; init; } = [];

    /// <summary>Started, failed and abandoned tries.</summary>
    public IReadOnlyList<StepTry> Tries { get; init; } = [];

    /// <summary>How the ownership ends; null when it goes on.</summary>
    public Settlement? Settlement { get; init; }

    /// <summary>The flags that one of the entries delivers, which are cleared.</summary>
    public ExecutionRequests Delivered { get; init; }

    /// <inheritdoc/>
    public override int Size
    {
        get
        {
            var size = 96;
            foreach (var entry in Entries)
            {
                size += entry.Size;
            }

            foreach (var stepTry in Tries)
            {
                size += stepTry.Size;
            }

            return size;
        }
    }
}
