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
        var thrown = Failures.Within(escaped).OfType<StepFailedException>().Select(static step => step.Seq).ToHashSet();
        var failures = journal.Outcomes
            .Select(static (entry, index) => (Entry: entry, Place: index + 1))
            .Where(static item => item.Entry is { Kind: EntryKind.Step, Failed: true })
            .OrderBy(static item => item.Entry.Position)
            .ToList();
        var carried = new List<long>();
        for (int begin = 0, end; begin < failures.Count; begin = end)
        {
            end = EndOfThoseBeside(failures, begin);
            var beside = failures[begin..end].ConvertAll(static item => item.Entry.Seq);
            if (beside.Exists(thrown.Contains))
            {
                carried.AddRange(beside);
            }
        }

        carried.Sort();
        return new AttemptEnd(carried.Count == 0 ? journal.LastSeq + 1 : carried[0], carried, journal.Attempt);
    }

    /// <summary>
    /// Behind the last that was issued before all those in front of it had been told: each of them ran beside another.
    /// </summary>
    private static int EndOfThoseBeside(List<(JournalEntry Entry, int Place)> failures, int begin)
    {
        var told = failures[begin].Place;
        var end = begin + 1;
        for (; end < failures.Count && failures[end].Entry.Position < told; end++)
        {
            told = Math.Max(told, failures[end].Place);
        }

        return end;
    }
}
