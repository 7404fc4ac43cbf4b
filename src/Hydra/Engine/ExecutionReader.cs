using Hydra.Storage;

namespace Hydra.Engine;

/// <summary>Reads everything that is recorded of an execution.</summary>
internal static class ExecutionReader
{
    private const int JournalPage = 1_000;

    /// <exception cref="ExecutionNotFoundException">There is none, or it was deleted meanwhile.</exception>
    public static async Task<ExecutionDetails> ReadAsync(
        IWorkflowStore store, ExecutionId id, CancellationToken cancellationToken)
    {
        // The row is read first: what is appended meanwhile is in the journal but not yet in it, never the reverse.
        var queries = store.Queries;
        var row = await FindAsync(store, id, cancellationToken);
        var journal = new List<JournalEntry>();
        IReadOnlyList<JournalEntry> page;
        do
        {
            page = await queries.ReadJournalAsync(
                id, journal.Count == 0 ? -1 : journal[^1].Seq, JournalPage, cancellationToken);
            journal.AddRange(page);
        }
        while (page.Count == JournalPage);

        var details = new ExecutionDetails(
            store.Namespace,
            row,
            journal,
            await queries.ReadTriesAsync(id, cancellationToken),
            await queries.ReadCrashesAsync(id, cancellationToken),
            await queries.ReadRefusalsAsync(id, cancellationToken))
        {
            Origin = await queries.FindOriginAsync(id, cancellationToken),
        };

        // It may have ended in between, for both commit together. And once it has, it may have been deleted since, as a
        // whole: where it is still there, all that was read before is complete.
        return row.State.IsTerminal() || journal is [.., { Kind: EntryKind.Terminal }]
            ? details with { Row = await FindAsync(store, id, cancellationToken) }
            : details;
    }

    private static async Task<ExecutionRow> FindAsync(
        IWorkflowStore store, ExecutionId id, CancellationToken cancellationToken) =>
        await store.Queries.FindAsync(id, cancellationToken)
            ?? throw new ExecutionNotFoundException(id, store.Namespace);
}
