using System.Globalization;
using System.Text;

namespace Hydra.AspNetCore.Metrics;

/// <summary>The numbers of one series. Safe from many threads at once.</summary>
internal sealed class MetricSeries(string labels, double[]? bounds)
{
    private readonly Lock _lock = new();
    private readonly long[]? _buckets = bounds is null ? null : new long[bounds.Length + 1]; // The last has no bound.
    private double _sum;
    private bool _isKnown = true;

    public string Labels { get; } = labels;

    public void Add(double value)
    {
        lock (_lock)
        {
            _sum += value;
            _isKnown = true;
            if (_buckets is not null)
            {
                var bucket = Array.BinarySearch(bounds!, value); // A bound belongs to its bucket.
                _buckets[bucket < 0 ? ~bucket : bucket]++;
            }
        }
    }

    /// <summary>Nothing is known any more, until a value is added: it is left out meanwhile.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            (_sum, _isKnown) = (0, false);
        }
    }

    public void Write(StringBuilder text, string name)
    {
        double sum;
        long[]? buckets;
        lock (_lock)
        {
            if (!_isKnown)
            {
                return;
            }

            (sum, buckets) = (_sum, (long[]?)_buckets?.Clone());
        }

        if (buckets is null)
        {
            Line(text, name, Labels, PrometheusText.Number(sum));
            return;
        }

        long count = 0;
        for (var i = 0; i < buckets.Length; i++)
        {
            count += buckets[i];
            var bound = PrometheusText.Number(i < bounds!.Length ? bounds[i] : double.PositiveInfinity);
            Line(text, name + "_bucket", $"{Labels}{(Labels.Length > 0 ? "," : "")}le=\"{bound}\"", Count(count));
        }

        Line(text, name + "_sum", Labels, PrometheusText.Number(sum));
        Line(text, name + "_count", Labels, Count(count));
    }

    private static string Count(long count) => count.ToString(CultureInfo.InvariantCulture);

    private static void Line(StringBuilder text, string name, string labels, string value)
    {
        text.Append(name);
        if (labels.Length > 0)
        {
            text.Append('{').Append(labels).Append('}');
        }

        text.Append(' ').Append(value).Append('\n');
    }
}
