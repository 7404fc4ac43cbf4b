using System.Text.Json;
using Hydra.Sqlite.Connections;
using Hydra.Sqlite.Reading;

namespace Hydra.Sqlite.Transitions;

/// <summary>Finds what a claim may take, and when the next of it is due. It only reads.</summary>
/// <remarks>
/// One short look into the index for each known workflow and priority, so that what nobody here knows, what is blocked
/// and what is not due costs nothing. What the session's build has refused is passed over. Suspects stand in levels of
/// their own, and one claim takes at most one of them.
/// </remarks>
internal sealed class DueReader(Connection connection, string @namespace)
{
    private const int Priorities = 4;

    private readonly Statement _readDue = connection.Prepare(SqliteSql.ReadDue, @namespace);
    private readonly Statement _readFirst = connection.Prepare(SqliteSql.ReadFirstDue, @namespace);
    private readonly List<DueExecution> _found = [];

    /// <summary>
    /// When the first is due that the request may take, or will be able to take once it accepts suspects.
    /// </summary>
    /// <returns>A moment that is not after now when something can be taken at once.</returns>
    public Instant ReadFirst(ClaimRequest request, Instant now) =>
        ReadFirst(request, after: new Instant(long.MinValue), request.AcceptSuspect ? new Instant(long.MinValue) : now);

    /// <summary>When the next of the request's workflows is due after now.</summary>
    public Instant ReadNext(ClaimRequest request, Instant now) => ReadFirst(request, now, now);

    /// <summary>Chooses by age as many as were asked for, and the rest by priority and then by age.</summary>
    /// <returns>What is chosen, and whether more is due that the limit leaves behind.</returns>
    public (List<DueExecution> Chosen, bool More) Choose(ClaimRequest request, Instant now)
    {
        var chosen = new List<DueExecution>();
        var suspectTaken = !request.AcceptSuspect;
        var oldest = Math.Min(request.OldestFirst, request.Limit);
        if (oldest > 0)
        {
            _found.Clear();
            for (var priority = 0; priority < Priorities; priority++)
            {
                Find(request, priority, now, oldest, suspectTaken);
            }

            Choose(chosen, 0, oldest, ref suspectTaken);
        }

        var byAge = chosen.Count;
        var wanted = Math.Min(request.Limit, int.MaxValue - 1) + 1; // One more tells whether anything is left behind.
        for (var priority = 0; priority < Priorities && chosen.Count < wanted; priority++)
        {
            _found.Clear();
            Find(request, priority, now, wanted, suspectTaken);
            Choose(chosen, byAge, wanted, ref suspectTaken);
        }

        var more = chosen.Count > request.Limit;
        if (more)
        {
            chosen.RemoveAt(chosen.Count - 1);
        }

        return (chosen, more);
    }

    private Instant ReadFirst(ClaimRequest request, Instant after, Instant suspectsAfter)
    {
        _readFirst
            .Bind(2, JsonSerializer.Serialize(request.Workflows, NamesJson.Default.IReadOnlyListString))
            .Bind(3, after.Micros)
            .Bind(4, suspectsAfter.Micros)
            .Bind(5, request.Session.Value)
            .Step();
        var first = _readFirst.InstantOrNull(0) ?? Instant.Never;
        _readFirst.Reset();
        return first;
    }

    /// <summary>Adds the oldest of one priority over all workflows to what was found.</summary>
    private void Find(ClaimRequest request, int priority, Instant now, int limit, bool suspectTaken)
    {
        foreach (var workflow in request.Workflows)
        {
            Find(request.Session, workflow, suspect: false, priority, now, limit);
            if (!suspectTaken)
            {
                Find(request.Session, workflow, suspect: true, priority, now, 1);
            }
        }
    }

    private void Find(SessionId session, string workflow, bool suspect, int priority, Instant until, int limit)
    {
        _readDue.Bind(2, workflow)
            .Bind(3, suspect ? 1 : 0)
            .Bind(4, priority)
            .Bind(5, until.Micros)
            .Bind(6, limit)
            .Bind(7, session.Value);
        while (_readDue.Step())
        {
            _found.Add(new DueExecution(_readDue.Number(0), _readDue.Instant(1), suspect));
        }
    }

    /// <summary>Moves the oldest of what was found over to what is chosen, until that has as many as wanted.</summary>
    /// <param name="chosen">Receives them.</param>
    /// <param name="byAge">How many of the chosen were chosen by age, and may be found again.</param>
    /// <param name="wanted">How many are wanted in all.</param>
    /// <param name="suspectTaken">Whether no suspect may be taken any more.</param>
    private void Choose(List<DueExecution> chosen, int byAge, int wanted, ref bool suspectTaken)
    {
        _found.Sort();
        foreach (var due in _found)
        {
            if (chosen.Count >= wanted)
            {
                return;
            }

            if ((due.Suspect && suspectTaken) || chosen.IndexOf(due, 0, byAge) >= 0)
            {
                continue;
            }

            suspectTaken |= due.Suspect;
            chosen.Add(due);
        }
    }
}
