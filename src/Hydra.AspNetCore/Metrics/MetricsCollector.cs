using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;

namespace Hydra.AspNetCore.Metrics;

/// <summary>Listens to one meter, and writes what it has heard in the text format of Prometheus.</summary>
/// <remarks>
/// Prometheus wants sums since the start of the process, so that everything is kept: for each instrument and each set
/// of labels one series. That those are few is the business of who measures.
/// </remarks>
internal sealed class MetricsCollector : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, MetricFamily> _families = new();
    private readonly Lock _collecting = new();

    public MetricsCollector(Meter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, meter)) // Of another engine's host there may be one of the same name.
            {
                listener.EnableMeasurementEvents(instrument, _families.GetOrAdd(instrument, MetricFamily.Of));
            }
        };
        _listener.SetMeasurementEventCallback<long>(
            static (_, value, tags, family) => ((MetricFamily)family!).Take(value, tags));
        _listener.SetMeasurementEventCallback<int>(
            static (_, value, tags, family) => ((MetricFamily)family!).Take(value, tags));
        _listener.SetMeasurementEventCallback<double>(
            static (_, value, tags, family) => ((MetricFamily)family!).Take(value, tags));
        _listener.Start();
    }

    /// <summary>Reads the gauges, and writes everything, ordered by name and labels.</summary>
    public string Collect()
    {
        var text = new StringBuilder();
        lock (_collecting) // Gauges are put down and written anew; two at once would mix theirs.
        {
            foreach (var family in _families.Values)
            {
                family.BeginCollection();
            }

            _listener.RecordObservableInstruments();
            foreach (var family in _families.Values.OrderBy(static family => family.Name, StringComparer.Ordinal))
            {
                family.Write(text);
            }
        }

        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();
}
