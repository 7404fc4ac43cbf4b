using Microsoft.Extensions.Time.Testing;

namespace Hydra.Testing;

/// <summary>
/// The calls so far in an order that explains every answer, and the search for such an order of those made at once.
/// </summary>
/// <remarks>
/// The store in memory is the model: it plays an order from the beginning, and answers what a store would that made the
/// calls one after the other. Calls that did not overlap keep their order.
/// </remarks>
internal sealed class ConcurrentHistory(DateTimeOffset start)
{
    private readonly List<(DateTimeOffset At, ConcurrentCall Call)> _calls = [];
    private int _deepest;

    public IEnumerable<ConcurrentCall> Calls => _calls.Select(static one => one.Call);

    /// <summary>What the model said where the search came furthest, for who looks for the reason.</summary>
    public string Furthest { get; private set; } = "";

    /// <summary>
    /// Finds an order of calls that were made at once, which explains their answers and what is kept.
    /// </summary>
    /// <returns>The order, or null when there is none.</returns>
    public async Task<IReadOnlyList<ConcurrentCall>?> ExplainAsync(
        IReadOnlyList<ConcurrentCall> round, DateTimeOffset at, string contents)
    {
        var order = new List<ConcurrentCall>();
        _deepest = -1;
        return await FindAsync(round, order, at, contents) ? order : null;
    }

    public void Add(IEnumerable<ConcurrentCall> order, DateTimeOffset at) =>
        _calls.AddRange(order.Select(call => (at, call)));

    private async Task<bool> FindAsync(
        IReadOnlyList<ConcurrentCall> left, List<ConcurrentCall> order, DateTimeOffset at, string contents)
    {
        if (left.Count == 0)
        {
            var (store, _) = await PlayAsync(order, at);
            var kept = await Dump.StoreAsync(store, CaseContext.Token);
            Note(order, kept, found: kept == contents);
            return kept == contents;
        }

        foreach (var next in left.Where(call => left.All(other => other.Time.End >= call.Time.Begin)))
        {
            order.Add(next);
            var (_, answer) = await PlayAsync(order, at);
            Note(order, answer, found: answer == next.Answer);
            if (answer == next.Answer && await FindAsync([.. left.Where(call => call != next)], order, at, contents))
            {
                return true;
            }

            order.Remove(next);
        }

        return false;
    }

    private void Note(List<ConcurrentCall> order, string model, bool found)
    {
        if (!found && order.Count >= _deepest)
        {
            var sessions = string.Join(' ', order.Select(static call => call.Session.Index));
            Furthest = (order.Count > _deepest ? "" : Furthest) + $"  after {sessions}\n      {model}\n";
            _deepest = order.Count;
        }
    }

    /// <summary>Plays everything so far and then some calls of a moment; tells the answer to the last.</summary>
    private async Task<(IWorkflowStore Store, string Answer)> PlayAsync(List<ConcurrentCall> order, DateTimeOffset at)
    {
        var clock = new FakeTimeProvider(start);
        var store = new LandingStore(new InMemoryWorkflowStore("tests", clock), new Landings());
        var answer = "";
        foreach (var (moment, call) in _calls.Concat(order.Select(call => (at, call))))
        {
            clock.SetUtcNow(moment);
            answer = await call.AnswerAsync(store);
        }

        return (store, answer);
    }
}
