using Hydra.Storage;

namespace Hydra.Engine.Scheduling;

/// <summary>The instants of a timetable from a start on, before an end.</summary>
internal sealed class BoundedInstants(Timetable timetable, Instant start, Instant end)
{
    public Instant? After(Instant instant)
    {
        var from = instant >= start ? instant : new Instant(start.Micros - 1);
        return timetable.After(from) is { } next && next < end ? next : null;
    }

    /// <summary>Whether there are more than so many after an instant, up to another and that included.</summary>
    public bool HasMoreThan(int most, Instant after, Instant upTo)
    {
        var count = 0;
        for (var next = After(after); next <= upTo && count <= most; next = After(next.Value))
        {
            count++;
        }

        return count > most;
    }

    /// <summary>The last one after an instant, up to another and that included; null when there is none.</summary>
    /// <remarks>
    /// It asks for nothing but what comes next, so that both directions agree whatever clocks do: it looks back twice
    /// as far each time until it finds one, and goes forward from there.
    /// </remarks>
    public Instant? Last(Instant after, Instant upTo)
    {
        for (var back = TimeSpan.FromMinutes(1); ; back *= 2)
        {
            var from = Instant.Max(after, upTo.Plus(-back));
            Instant? last = null;
            for (var next = After(from); next <= upTo; next = After(next.Value))
            {
                last = next;
            }

            if (last is not null || from == after)
            {
                return last;
            }
        }
    }
}
