using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Hydra.Tests.Support;

/// <summary>Services with a factory of meters of a test's own, and all that was measured with those meters.</summary>
internal sealed class Meters : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<(string Instrument, double Value, string Labels)> _measured = new();

    public Meters(Action? measured = null)
    {
        var factory = _services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == factory)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.Start();

        void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var labels = string.Join(',', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"));
            _measured.Enqueue((instrument.Name, value, labels));
            measured?.Invoke();
        }
    }

    public IServiceProvider Services => _services;

    /// <summary>Everything that was measured, as text.</summary>
    public string Text => string.Join('\n', _measured);

    /// <summary>The labels of everything that was measured with an instrument.</summary>
    public IEnumerable<string> Labels(string instrument) =>
        _measured.Where(one => one.Instrument == instrument).Select(one => one.Labels).Distinct();

    /// <summary>The sum of what an instrument has measured with these labels, in their order.</summary>
    public double Sum(string instrument, string labels) => Values(instrument, labels).Sum();

    /// <summary>How often an instrument has measured something with these labels.</summary>
    public int Count(string instrument, string labels) => Values(instrument, labels).Count();

    /// <summary>What a gauge tells now, by its labels.</summary>
    public Dictionary<string, double> Gauge(string instrument)
    {
        var before = _measured.Count;
        _listener.RecordObservableInstruments();
        return _measured.Skip(before)
            .Where(one => one.Instrument == instrument)
            .ToDictionary(one => one.Labels, one => one.Value);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _services.Dispose();
    }

    private IEnumerable<double> Values(string instrument, string labels) => _measured
        .Where(one => one.Instrument == instrument && one.Labels == labels)
        .Select(one => one.Value);
}
