using Hydra.Sqlite.Connections;
using Hydra.Sqlite.Writing;

namespace Hydra.Sqlite.Reading;

/// <summary>Forgets executions of a file: listed on the thread pool, deleted on the writer thread.</summary>
/// <remarks>The file does not shrink: what becomes free in it is used again.</remarks>
internal sealed class SqliteRetention(ReaderPool<ReadStatements> readers, WriterThread writer) : IRetentionStore
{
    public Task<EndedPage> ListEndedAsync(
        ExecutionId? after, ExecutionId before, int limit, CancellationToken cancellationToken)
    {
        StoreRules.ValidateEndedPage(limit);
        return Task.Run(
            () => readers.Read(reader => List(reader, after ?? default, before, limit)), cancellationToken);
    }

    public Task<IReadOnlyList<ExecutionId>> DeleteAsync(
        IReadOnlyList<EndedRow> executions, CancellationToken cancellationToken)
    {
        StoreRules.Validate(executions);
        return writer.RunAsync(
            transitions => transitions.Deletes.Delete(executions), urgent: false, cancellationToken);
    }

    private static EndedPage List(ReadStatements reader, ExecutionId after, ExecutionId before, int limit)
    {
        var (looked, last) = (0, default(ExecutionId));
        var ended = Rows.All(
            reader.ListEnded.Bind(2, after).Bind(3, before).Bind(4, limit),
            row =>
            {
                (looked, last) = (looked + 1, row.Id(0));
                return row.InstantOrNull(5) is { } finishedAt
                    ? new EndedRow(
                        last, row.Text(1), (ExecutionState)row.Int(2), row.Number(3), row.Number(4), finishedAt)
                    : null;
            });
        return new EndedPage([.. ended.OfType<EndedRow>()], looked == limit ? last : null);
    }
}
