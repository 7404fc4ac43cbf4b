using Hydra.Storage;

namespace Hydra.Engine.Scheduling;

/// <summary>The instants of a stored timetable that this process cannot read: nobody can tell them here.</summary>
internal sealed class UnreadableInstants(string why) : IInstants
{
    /// <exception cref="ArgumentException">Always.</exception>
    public Instant? After(Instant instant) => throw new ArgumentException(why);
}
