using Samples;

namespace DataPipeline;

/// <summary>Where reports are published.</summary>
public sealed class Reports(OutsideWorld world)
{
    public async Task<string> PublishAsync(Report report, CancellationToken cancellationToken)
    {
        var published = await world.DoAsync("publish", report.Night, _ => $"{report.Amount}", cancellationToken);
        return published!.Detail;
    }
}
