using System.Runtime.CompilerServices;
using Hydra.Engine;
using Hydra.Storage;

namespace Hydra;

/// <summary>Finds the executions that a filter of replays is about.</summary>
public static class HydraClientReplayExtensions
{
    private const int Page = 200;

    private static readonly ExecutionState[] Live =
        [.. Enum.GetValues<ExecutionState>().Where(static state => !state.IsTerminal())];

    /// <summary>Lists the executions that a filter is about, state by state, the newest of each first.</summary>
    /// <remarks>
    /// It reads page by page while executions go on: none is told twice, but one that changes its state meanwhile, or
    /// begins, may not be told at all.
    /// </remarks>
    /// <param name="client">Where they are.</param>
    /// <param name="filter">Which ones; by default all that are live.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ArgumentOutOfRangeException">The filter's limit is less than 1.</exception>
    /// <exception cref="StoreException">The database could not be read.</exception>
    public static IAsyncEnumerable<ExecutionRow> SelectAsync(
        this IHydraClient client, ReplayFilter? filter = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        filter ??= new ReplayFilter();
        filter.Validate();
        var rows = ReadAsync(client, filter, cancellationToken);
        return new EnteredEnumerable<ExecutionRow>(
            client is HydraClient own ? own.Enter : EngineRuntime.LeaveContext, rows);
    }

    private static async IAsyncEnumerable<ExecutionRow> ReadAsync(
        IHydraClient client, ReplayFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var seen = new HashSet<ExecutionId>();
        foreach (var state in filter.State is { } one ? [one] : Live)
        {
            IReadOnlyList<ExecutionRow> page;
            ExecutionId? before = null;
            do
            {
                page = await client.ListAsync(
                    new() { State = state, Workflow = filter.Workflow, Before = before, Limit = Page },
                    cancellationToken);
                foreach (var row in page)
                {
                    before = row.Id;
                    if (seen.Add(row.Id))
                    {
                        yield return row;
                        if (seen.Count == filter.Limit)
                        {
                            yield break;
                        }
                    }
                }
            }
            while (page.Count == Page);
        }
    }
}
