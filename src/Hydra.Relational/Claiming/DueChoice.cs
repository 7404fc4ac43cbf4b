namespace Hydra.Relational.Claiming;

/// <summary>Puts what is due into the order in which a claim takes it.</summary>
internal static class DueChoice
{
    /// <summary>
    /// The oldest few by age alone, the rest by priority and then by age, and among them one suspect at most.
    /// </summary>
    /// <param name="due">What is due, of each priority the oldest.</param>
    /// <param name="request">What the worker wants.</param>
    public static List<DueExecution> Order(List<DueExecution> due, ClaimRequest request)
    {
        var ordered = new List<DueExecution>(due.Count);
        var suspectTaken = !request.AcceptSuspect;
        due.Sort();
        foreach (var next in due)
        {
            if (ordered.Count >= Math.Min(request.OldestFirst, request.Limit))
            {
                break;
            }

            Take(next, ordered, ref suspectTaken);
        }

        var byAge = ordered.Count;
        due.Sort(static (one, other) =>
            one.Priority != other.Priority ? one.Priority.CompareTo(other.Priority) : one.CompareTo(other));
        foreach (var next in due)
        {
            if (ordered.IndexOf(next, 0, byAge) < 0)
            {
                Take(next, ordered, ref suspectTaken);
            }
        }

        return ordered;
    }

    private static void Take(in DueExecution next, List<DueExecution> ordered, ref bool suspectTaken)
    {
        if (!next.Suspect || !suspectTaken)
        {
            suspectTaken |= next.Suspect;
            ordered.Add(next);
        }
    }
}
