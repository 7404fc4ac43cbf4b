using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;

namespace Hydra.AspNetCore.Metrics;

/// <summary>One metric with all its series.</summary>
internal sealed class MetricFamily
{
    // What OpenTelemetry takes when nothing is advised.
    private static readonly double[] DefaultBounds =
        [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000];

    private readonly ConcurrentDictionary<Labels, MetricSeries> _series = new();
    private readonly string _help;
    private readonly MetricKind _kind;
    private readonly bool _isObserved;
    private readonly double[]? _bounds;

    private MetricFamily(Instrument instrument)
    {
        _kind = KindOf(instrument);
        _isObserved = instrument.IsObservable;
        _bounds = _kind == MetricKind.Histogram ? BoundsOf(instrument) : null;
        _help = PrometheusText.EscapeHelp(instrument.Description ?? "");
        Name = PrometheusText.Name(instrument.Name, instrument.Unit, _kind);
    }

    public string Name { get; }

    public static MetricFamily Of(Instrument instrument) => new(instrument);

    public void Take(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        _series.GetOrAdd(
            Labels.Of(tags),
            static (labels, bounds) => new MetricSeries(labels.ToText(), bounds),
            _bounds).Add(value);

    /// <summary>What is observed is told anew at each collection; what is not told then is there no more.</summary>
    public void BeginCollection()
    {
        foreach (var (_, series) in _isObserved ? _series : [])
        {
            series.Forget();
        }
    }

    public void Write(StringBuilder text)
    {
        text.Append("# HELP ").Append(Name).Append(' ').Append(_help).Append('\n');
        text.Append("# TYPE ").Append(Name).Append(' ').Append(TypeOf(_kind)).Append('\n');
        foreach (var series in _series.Values.OrderBy(static series => series.Labels, StringComparer.Ordinal))
        {
            series.Write(text, Name);
        }
    }

    private static string TypeOf(MetricKind kind) => kind switch
    {
        MetricKind.Counter => "counter",
        MetricKind.Gauge => "gauge",
        _ => "histogram",
    };

    private static MetricKind KindOf(Instrument instrument) => instrument switch
    {
        Histogram<long> or Histogram<int> or Histogram<double> => MetricKind.Histogram,
        Counter<long> or Counter<int> or Counter<double>
            or ObservableCounter<long> or ObservableCounter<int> or ObservableCounter<double> => MetricKind.Counter,
        _ => MetricKind.Gauge,
    };

    private static double[] BoundsOf(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { } advised } => [.. advised],
        Histogram<long> { Advice.HistogramBucketBoundaries: { } advised } =>
            [.. advised.Select(static bound => (double)bound)],
        Histogram<int> { Advice.HistogramBucketBoundaries: { } advised } =>
            [.. advised.Select(static bound => (double)bound)],
        _ => DefaultBounds,
    };
}
