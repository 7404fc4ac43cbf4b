using Hydra.Engine.Replay;
using Hydra.Storage;

namespace Hydra.Engine.Running;

/// <summary>
/// Finds which recorded failures an exception that escaped a workflow carries: the next attempt drops them.
/// </summary>
/// <remarks>
/// Those in the exception itself, through inner and aggregate exceptions, and those of steps that ran beside them:
/// awaiting WhenAll throws only one of several. Everything else stays, so what is done is not done again.
/// </remarks>
internal static class CarriedFailures
{
    public static AttemptEnd Find(Journal journal, Exception escaped)
    {
        var outcomes = journal.Outcomes;
        var carried = new HashSet<long>();
        Collect(escaped, carried);
        var failures = outcomes
            .Select((entry, index) => (Entry: entry, Place: index + 1))
            .Where(item => item.Entry is { Kind: EntryKind.Step, Failed: true })
            .ToList();
        carried.RemoveWhere(seq => failures.TrueForAll(item => item.Entry.Seq != seq));
        for (var grew = carried.Count > 0; grew;)
        {
            grew = false;
            foreach (var (entry, place) in failures)
            {
                grew |= !carried.Contains(entry.Seq)
                    && failures.Any(other => carried.Contains(other.Entry.Seq)
                        && other.Entry.Position < place && entry.Position < other.Place)
                    && carried.Add(entry.Seq);
            }
        }

        var cut = carried.Count == 0 ? journal.LastSeq + 1 : carried.Min();
        return new AttemptEnd(cut, [.. carried.Order()], journal.Attempt);
    }

    private static void Collect(Exception exception, HashSet<long> seqs)
    {
        if (exception is StepFailedException step)
        {
            seqs.Add(step.Seq);
        }

        if (exception is AggregateException aggregate)
        {
            foreach (var inner in aggregate.InnerExceptions)
            {
                Collect(inner, seqs);
            }
        }
        else if (exception.InnerException is { } inner)
        {
            Collect(inner, seqs);
        }
    }
}
