using System.Text;

namespace Hydra.Testing;

/// <summary>Writes what a store holds as text, equal for equal contents.</summary>
internal static class Dump
{
    /// <summary>Everything that is kept of an execution.</summary>
    public static async Task<string> ExecutionAsync(
        IWorkflowQueries queries, ExecutionId id, CancellationToken cancellationToken)
    {
        if (await queries.FindAsync(id, cancellationToken) is not { } row)
        {
            return $"{id} is not there\n";
        }

        var text = new StringBuilder().Append(Make.Comparable(row)).Append('\n');
        AppendAll(text, await queries.ReadJournalAsync(id, -1, int.MaxValue, cancellationToken));
        AppendAll(text, await queries.ReadTriesAsync(id, cancellationToken));
        AppendAll(text, await queries.ReadCrashesAsync(id, cancellationToken));
        if (await queries.FindOriginAsync(id, cancellationToken) is { } origin)
        {
            text.Append("  ").Append(origin).Append('\n');
        }

        var refusals = await queries.ReadRefusalsAsync(id, cancellationToken);
        AppendAll(text, refusals.OrderBy(static refusal => refusal.Build, StringComparer.Ordinal));
        return text.ToString();
    }

    /// <summary>All executions and sessions of a store's namespace.</summary>
    public static async Task<string> NamespaceAsync(IWorkflowQueries queries, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var filter = new ExecutionFilter { Limit = 1000 };
        foreach (var row in await queries.ListAsync(filter, cancellationToken))
        {
            text.Append(await ExecutionAsync(queries, row.Id, cancellationToken));
        }

        var sessions = await queries.ListSessionsAsync(cancellationToken);
        foreach (var session in sessions.OrderBy(static session => session.Id.Value))
        {
            text.Append(Session(session)).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>All that a store keeps in its namespace, schedules and keys of subjects included.</summary>
    public static async Task<string> StoreAsync(IWorkflowStore store, CancellationToken cancellationToken)
    {
        var text = new StringBuilder(await NamespaceAsync(store.Queries, cancellationToken));
        if (store.Schedules is { } schedules)
        {
            AppendAll(text, await schedules.ListAsync(null, 1000, cancellationToken));
        }

        if (store.SubjectKeys is { } keys)
        {
            AppendAll(text, await keys.ListAsync(null, 1000, cancellationToken));
        }

        return text.ToString();
    }

    public static string Session(SessionRow session) =>
        $"{session with { Workflows = [] }} knows {string.Join(", ", session.Workflows)}";

    private static void AppendAll<T>(StringBuilder text, IEnumerable<T> rows)
    {
        foreach (var row in rows)
        {
            text.Append("  ").Append(row).Append('\n');
        }
    }
}
