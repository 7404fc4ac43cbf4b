using Hydra.PostgreSql.Connections;
using Hydra.Relational.Claiming;
using Hydra.Relational.Reading;

namespace Hydra.PostgreSql.Transitions;

/// <summary>Makes due executions a session's own and reads their journals.</summary>
/// <remarks>
/// One round trip looks, without a lock, for what is due; an idle worker is answered with that. A second one takes from
/// what was found, in order, what nobody else holds, and reads the journals behind the locks. It looks for more than it
/// takes, so that workers who see the same need not go away empty; when they do nevertheless, they look again.
/// </remarks>
internal sealed class ClaimTransition(Database database)
{
    private const int MostLooks = 5;

    public async Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        for (var look = 1; ; look++)
        {
            // Twice as deep each time: beyond all that other workers may hold at this moment.
            var depth = ((long)Math.Max(request.Limit, 0) << look) + 1;
            var found = await LookAsync(request, depth, cancellationToken);
            if (!found.SessionExists)
            {
                return new ClaimAnswer(found.Now, SessionLost: true, [], Instant.Never, More: false);
            }

            var ordered = DueChoice.Order(found.Due, request);
            if (ordered.Count == 0 || request.Limit <= 0)
            {
                return new ClaimAnswer(found.Now, SessionLost: false, [], found.NextDue, More: ordered.Count > 0);
            }

            var claimed = await TakeAsync(request, ordered);
            if (claimed.Count > 0 || look == MostLooks)
            {
                return new ClaimAnswer(
                    found.Now, SessionLost: false, claimed, found.NextDue, More: ordered.Count > claimed.Count);
            }
        }
    }

    private Task<(Instant Now, bool SessionExists, List<DueExecution> Due, Instant NextDue)> LookAsync(
        ClaimRequest request, long depth, CancellationToken cancellationToken) => database.RunAsync(
        async exchange =>
        {
            exchange.AddTimed(database.Sql.ReadDue)
                .Bind(request.Workflows.Where(StoreRules.IsStorable).ToArray()) // Nothing has another name.
                .Bind(request.Session.Value)
                .Bind(depth);
            await exchange.SendAsync(cancellationToken);
            var (now, exists, next) = (default(Instant), false, Instant.Never);
            var due = new List<DueExecution>();
            await exchange.ReadAsync(
                row =>
                {
                    switch (row.GetInt32(0))
                    {
                        case 0:
                            (now, exists) = (database.Clock.Observe(row.GetInt64(1)), row.GetBoolean(4));
                            break;
                        case 1:
                            due.Add(new DueExecution(
                                Database.Rows.Id(row, 2), Rows.Time(row, 1), row.GetInt32(3), row.GetBoolean(4),
                                row.GetInt64(5)));
                            break;
                        default:
                            next = Rows.TimeOrNull(row, 1) ?? Instant.Never;
                            break;
                    }

                    return 0;
                },
                cancellationToken);
            await exchange.EndAsync(cancellationToken);
            return (now, exists, due, next);
        },
        cancellationToken);

    private Task<List<ClaimedExecution>> TakeAsync(ClaimRequest request, List<DueExecution> due) =>
        database.RunAsync(async exchange =>
        {
            var seqs = due.Column(next => request.CachedThrough(next.Id));
            var epochs = due.Column(static next => next.Epoch);
            exchange.Begin();
            exchange.AddTimed(database.Take)
                .BindIds(due, static next => next.Id).Bind(epochs).Bind(seqs)
                .Bind((long)request.Limit).Bind(request.Session.Value).Bind(request.MaxJournalBytes);
            exchange.AddScoped(database.Sql.ReadClaimedJournals)
                .BindIds(due, static next => next.Id).Bind(epochs).Bind(seqs).Bind(request.Session.Value);
            exchange.AddScoped(database.Sql.ReadTried)
                .BindIds(due, static next => next.Id).Bind(epochs).Bind(request.Session.Value);
            exchange.Commit();
            await exchange.SendAsync();

            var rows = await exchange.ReadAsync(Database.Rows.Execution);
            var entries = await exchange.ReadAsync(
                static row => (Id: Database.Rows.Id(row, 0), Entry: Rows.Entry(row, 1)));
            var tried = await exchange.ReadAsync(
                static row => (Id: Database.Rows.Id(row, 0), Tried: Rows.Tried(row, 1)));
            await exchange.EndAsync();
            return Assemble(due, rows, entries, tried);
        });

    /// <summary>Puts together what was taken, in the order of the choice.</summary>
    private static List<ClaimedExecution> Assemble(
        List<DueExecution> due,
        List<ExecutionRow> rows,
        List<(ExecutionId Id, JournalEntry Entry)> entries,
        List<(ExecutionId Id, TriedStep Tried)> tried)
    {
        var taken = rows.ToDictionary(static row => row.Id);
        var journals = entries.ToLookup(static entry => entry.Id, static entry => entry.Entry);
        var steps = tried.ToLookup(static step => step.Id, static step => step.Tried);
        var claimed = new List<ClaimedExecution>(rows.Count);
        foreach (var next in due)
        {
            if (taken.TryGetValue(next.Id, out var row))
            {
                claimed.Add(new ClaimedExecution(row, [.. journals[next.Id]], [.. steps[next.Id]]));
            }
        }

        return claimed;
    }
}
