using Hydra.PostgreSql.Connections;
using Hydra.Relational.Claiming;
using Hydra.Relational.Reading;
using Npgsql;

namespace Hydra.PostgreSql.Transitions;

/// <summary>Makes due executions a session's own and reads their journals.</summary>
/// <remarks>
/// One round trip looks, without a lock, for what is due; an idle worker is answered with that. It begins where the
/// last one found nothing before, see <see cref="DueWatermarks"/>. A second one takes from
/// what was found, in order, what nobody else holds, and reads the journals behind the locks. It looks for more than it
/// takes, so that workers who see the same need not go away empty; when they do nevertheless, they look again.
/// </remarks>
internal sealed class ClaimTransition(Database database)
{
    private const int MostLooks = 5;

    private readonly DueWatermarks _watermarks = new(database.Clock.Time);

    public async Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        // Nothing has another name.
        var levels = DueLevel.Of(request.Workflows.Where(StoreRules.IsStorable));
        for (var look = 1; ; look++)
        {
            // Twice as deep each time: beyond all that other workers may hold at this moment.
            var depth = ((long)Math.Max(request.Limit, 0) << look) + 1;
            var found = await LookAsync(request, levels, depth, cancellationToken);
            if (!request.Full && _watermarks.MayHide(request.Session, found.Clock, found.SentAt))
            {
                _watermarks.Forget(request.Session);
                found = await LookAsync(request, levels, depth, cancellationToken);
            }

            if (!found.SessionExists)
            {
                _watermarks.Forget(request.Session);
                return new ClaimAnswer(found.Now, SessionLost: true, [], Instant.Never, More: false);
            }

            var due = found.Due.ConvertAll(static one => one.Execution);
            var ordered = DueChoice.Order(due, request);
            if (ordered.Count == 0 || request.Limit <= 0)
            {
                Note(request.Session, levels, found, depth, []);
                return new ClaimAnswer(found.Now, SessionLost: false, [], found.NextDue, More: ordered.Count > 0);
            }

            var claimed = await TakeAsync(request, ordered);
            Note(request.Session, levels, found, depth, claimed);
            if (claimed.Count > 0 || look == MostLooks)
            {
                return new ClaimAnswer(
                    found.Now, SessionLost: false, claimed, found.NextDue, More: ordered.Count > claimed.Count);
            }
        }
    }

    private Task<DueLook> LookAsync(
        ClaimRequest request, List<DueLevel> levels, long depth, CancellationToken cancellationToken) =>
        database.RunAsync(
            async exchange =>
            {
                var since = _watermarks.From(request, levels);
                exchange.Begin();
                exchange.AddTimed(database.Sql.ReadDue)
                    .Bind(levels.Column(static level => level.Workflow))
                    .Bind(levels.Column(static level => (short)level.Priority))
                    .Bind(levels.Column(static level => level.Suspect))
                    .Bind(since.Column(static mark => mark.Micros))
                    .Bind(request.Session.Value)
                    .Bind(depth);
                exchange.Commit(writes: false);
                var look = new DueLook { SentAt = database.Clock.Time.GetTimestamp() };
                await exchange.SendAsync(cancellationToken);
                await exchange.ReadAsync(row => Read(row, levels, look), cancellationToken);
                await exchange.EndAsync(cancellationToken);
                return look;
            },
            cancellationToken);

    private bool Read(NpgsqlDataReader row, List<DueLevel> levels, DueLook look)
    {
        switch (row.GetInt32(0))
        {
            case 0:
                look.Now = database.Clock.Observe(row.GetInt64(1));
                look.Clock = new Instant(row.GetInt64(5));
                look.AnsweredAt = database.Clock.Time.GetTimestamp();
                look.SessionExists = row.GetBoolean(4);
                break;
            case 1:
                var level = levels[(int)row.GetInt64(3) - 1];
                look.Due.Add((level, new DueExecution(
                    Database.Rows.Id(row, 2), Rows.Time(row, 1), level.Priority, level.Suspect, row.GetInt64(5))));
                break;
            default:
                look.NextDue = Rows.TimeOrNull(row, 1) ?? Instant.Never;
                break;
        }

        return true;
    }

    /// <summary>Moves the watermarks up to what is left.</summary>
    private void Note(
        SessionId session, List<DueLevel> levels, DueLook found, long depth, List<ClaimedExecution> claimed)
    {
        var taken = claimed.Select(static one => one.Row.Id).ToHashSet();
        var left = new List<(DueLevel Level, Instant DueAt)>();
        foreach (var level in found.Due.GroupBy(static one => one.Level, static one => one.Execution))
        {
            var all = level.ToList();
            left.AddRange(all.Where(one => !taken.Contains(one.Id)).Select(one => (level.Key, one.DueAt)));
            if (all.Count >= depth)
            {
                left.Add((level.Key, all[^1].DueAt)); // What follows is due no earlier.
            }
        }

        _watermarks.Note(session, levels, found.Clock, found.AnsweredAt, left);
    }

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
