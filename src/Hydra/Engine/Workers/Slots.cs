namespace Hydra.Engine.Workers;

/// <summary>A worker's capacity. Taken before a claim or a direct start, given back before anybody is told.</summary>
internal sealed class Slots(int capacity)
{
    private int _free = capacity;

    public int Capacity { get; } = capacity;

    public int Free => Volatile.Read(ref _free);

    /// <summary>Takes as many as there are, up to a number.</summary>
    public int TakeUpTo(int wanted)
    {
        while (true)
        {
            var free = Volatile.Read(ref _free);
            var taken = Math.Min(free, wanted);
            if (taken <= 0)
            {
                return 0;
            }

            if (Interlocked.CompareExchange(ref _free, free - taken, free) == free)
            {
                return taken;
            }
        }
    }

    public void Release(int count) => Interlocked.Add(ref _free, count);
}
