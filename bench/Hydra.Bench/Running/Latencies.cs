namespace Hydra.Bench;

/// <summary>Durations in milliseconds, filled by any threads, each its own places; read when all are there.</summary>
internal sealed class Latencies(int count)
{
    private readonly double[] _millis = new double[count];
    private bool _sorted;

    public int Count => _millis.Length;

    public double this[int index]
    {
        set => _millis[index] = value;
    }

    /// <summary>The duration that a part of them, 0 to 1, does not exceed.</summary>
    public double Percentile(double part)
    {
        if (!_sorted)
        {
            Array.Sort(_millis);
            _sorted = true;
        }

        return _millis[Math.Min(_millis.Length - 1, (int)(_millis.Length * part))];
    }
}
