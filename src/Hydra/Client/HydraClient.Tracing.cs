using Hydra.Storage;

namespace Hydra;

/// <content>Where executions and values came from and went to.</content>
internal sealed partial class HydraClient
{
    private const int LineagePage = 200;
    private const int LargestLineage = 1_000;
    private const int TracePage = 100;
    private const int MaxTracePage = 1_000;

    /// <summary>How many executions outside its bounds a trace passes, on either side of them.</summary>
    internal const int MostPassed = 10_000;

    /// <summary>Clocks of processes that give ids may be ahead of the database's.</summary>
    private static readonly TimeSpan ClockSlack = TimeSpan.FromHours(1);

    public Task<Lineage> LineageAsync(ExecutionId id, CancellationToken cancellationToken) => Enter(async () =>
    {
        await FindAsync(id, cancellationToken);
        var (above, more) = await AncestorsAsync(id, cancellationToken);
        var nodes = new List<LineageNode>();
        foreach (var (ancestor, origin) in above)
        {
            nodes.Add(await NodeAsync(ancestor, origin, nodes.Count, cancellationToken));
        }

        var waiting = new Stack<(OriginRow Row, int Depth)>();
        more |= await PushChildrenAsync(id, nodes.Count, waiting, cancellationToken);
        while (waiting.TryPop(out var next))
        {
            if (nodes.Count == LargestLineage)
            {
                return new Lineage(id, nodes, AtLeast: true);
            }

            var (row, depth) = next;
            nodes.Add(await NodeAsync(row.Execution, row.Origin, depth, cancellationToken));
            more |= await PushChildrenAsync(row.Execution, depth + 1, waiting, cancellationToken);
        }

        return new Lineage(id, nodes, more);
    });

    public Task<Trace> TraceAsync(TraceQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        var finder = new ValueFinder(query.Validate(), query.Path);
        return Enter(async () =>
        {
            var (rows, more) = query.Executions.Count > 0
                ? (await FindAllAsync(query.Executions, cancellationToken), false)
                : await NewestAsync(query, cancellationToken);
            var matches = new List<TraceMatch>();
            foreach (var row in rows.OrderBy(static row => row.CreatedAt).ThenBy(static row => row.Id))
            {
                await TraceAsync(row, finder, matches, cancellationToken);
            }

            return new Trace(matches, rows.Count, more);
        });
    }

    /// <returns>The oldest first, itself last; and whether that is not all.</returns>
    private async Task<(List<(ExecutionId Id, Origin? Origin)> Chain, bool More)> AncestorsAsync(
        ExecutionId id, CancellationToken cancellationToken)
    {
        var chain = new List<(ExecutionId, Origin?)>();
        for (ExecutionId? next = id; next is { } one;)
        {
            if (chain.Count == LargestLineage / 2)
            {
                return (chain, true);
            }

            var origin = await store.Queries.FindOriginAsync(one, cancellationToken);
            chain.Insert(0, (one, origin));
            next = origin?.Source;
        }

        return (chain, false);
    }

    private async Task<bool> PushChildrenAsync(
        ExecutionId id, int depth, Stack<(OriginRow Row, int Depth)> waiting, CancellationToken cancellationToken)
    {
        var children = new List<OriginRow>();
        IReadOnlyList<OriginRow> page;
        do
        {
            page = await store.Queries.ListDescendantsAsync(
                id, children.Count == 0 ? null : children[^1].Execution, LineagePage, cancellationToken);
            children.AddRange(page);
        }
        while (page.Count == LineagePage && children.Count < LargestLineage);

        foreach (var child in Enumerable.Reverse(children))
        {
            waiting.Push((child, depth));
        }

        return page.Count == LineagePage;
    }

    private async Task<LineageNode> NodeAsync(
        ExecutionId id, Origin? origin, int depth, CancellationToken cancellationToken) =>
        new(id, await store.Queries.FindAsync(id, cancellationToken), origin, depth);

    private async Task<List<ExecutionRow>> FindAllAsync(
        IReadOnlyList<ExecutionId> ids, CancellationToken cancellationToken)
    {
        var rows = new List<ExecutionRow>();
        foreach (var id in ids.Distinct())
        {
            if (await store.Queries.FindAsync(id, cancellationToken) is { } row)
            {
                rows.Add(row);
            }
        }

        return rows;
    }

    /// <summary>
    /// The newest executions that were started within the bounds, as the database's clock says, and whether there may
    /// be more.
    /// </summary>
    /// <remarks>
    /// Ids sort by the time at which they were made, which is that of a client's clock, or by the instant of a
    /// schedule, which may be long before the start. So nothing tells that what is behind an older one is older as
    /// well: the walk goes on, and ends when it has passed as many as it may.
    /// </remarks>
    private async Task<(List<ExecutionRow> Rows, bool More)> NewestAsync(
        TraceQuery query, CancellationToken cancellationToken)
    {
        var rows = new List<ExecutionRow>();
        var isAll = true;
        ExecutionId? end = null;
        if (query.Until is { } until)
        {
            end = IdAt(until);
            isAll = await WalkAsync(query, rows, IdAt(until + ClockSlack), end, cancellationToken);
        }

        if (isAll || rows.Count < query.Limit)
        {
            isAll &= await WalkAsync(query, rows, end, null, cancellationToken);
        }

        return (rows, !isAll);
    }

    private static ExecutionId IdAt(DateTimeOffset time) =>
        ExecutionId.Create(Math.Max(0, time.ToUnixTimeMilliseconds()), 0, 0);

    /// <summary>Takes what the query allows of the executions whose ids are before one, down to another.</summary>
    /// <returns>Whether it has seen all of them.</returns>
    private async Task<bool> WalkAsync(
        TraceQuery query,
        List<ExecutionRow> rows,
        ExecutionId? before,
        ExecutionId? downTo,
        CancellationToken cancellationToken)
    {
        var since = query.Since is { } first ? Instant.From(first) : new Instant(long.MinValue);
        var until = query.Until is { } end ? Instant.From(end) : Instant.Never;
        var limit = TracePage;
        for (var passed = 0; ;)
        {
            var page = await store.Queries.ListAsync(
                new ExecutionFilter { Workflow = query.Workflow, Before = before, Limit = limit }, cancellationToken);
            foreach (var row in page)
            {
                if (row.Id < downTo)
                {
                    return true;
                }

                var isWithin = row.CreatedAt >= since && row.CreatedAt < until;
                if (isWithin ? rows.Count == query.Limit : ++passed > MostPassed)
                {
                    return false;
                }

                if (isWithin)
                {
                    rows.Add(row);
                }
            }

            if (page.Count < limit)
            {
                return true;
            }

            before = page[^1].Id;
            limit = passed > 0 ? MaxTracePage : TracePage;
        }
    }

    private async Task TraceAsync(
        ExecutionRow row, ValueFinder finder, List<TraceMatch> matches, CancellationToken cancellationToken)
    {
        IReadOnlyList<JournalEntry> page;
        var after = -1L;
        do
        {
            page = await store.Queries.ReadJournalAsync(row.Id, after, TracePage, cancellationToken);
            foreach (var entry in page)
            {
                Look(row, entry, finder, matches);
                after = entry.Seq;
            }
        }
        while (page.Count == TracePage);
    }

    private static void Look(ExecutionRow row, JournalEntry entry, ValueFinder finder, List<TraceMatch> matches)
    {
        switch (entry)
        {
            case { Kind: EntryKind.Input }:
                Add(TraceRole.WorkflowInput, entry.Input);
                break;
            case { Kind: EntryKind.Step, OriginSeq: 0 }:
                Add(TraceRole.Consumed, entry.Input);
                Add(TraceRole.Produced, entry.Failed ? default : entry.Output);
                break;
            case { Kind: EntryKind.Terminal, Failed: false }:
                Add(TraceRole.WorkflowOutput, entry.Output);
                break;
        }

        void Add(TraceRole role, Payload payload)
        {
            if (finder.Find(payload) is { } path)
            {
                matches.Add(new TraceMatch(row.Id, row.Workflow, role, entry.Key, entry.Seq, path, entry.At));
            }
        }
    }
}
