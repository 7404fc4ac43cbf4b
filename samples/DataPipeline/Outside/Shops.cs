using Hydra;
using Samples;

namespace DataPipeline;

/// <summary>The sources. Lima is slow, Rome fails at first, Cairo is down; on Tuesday most of them are.</summary>
public sealed class Shops(OutsideWorld world)
{
    public async Task<Sales> FetchAsync(Request request, CancellationToken cancellationToken)
    {
        if (request.Shop == "lima")
        {
            // Counts as an answer that is on its way, nothing more: what reads only needs no key.
            await Task.Delay(TimeSpan.FromMilliseconds(700), cancellationToken);
        }

        var attempt = StepContext.Current!.Attempt;
        if (request.Shop == "cairo" || (request.Night == "tuesday" && request.Shop is not ("oslo" or "paris")))
        {
            throw new HttpRequestException($"{request.Shop} is down.");
        }

        if (request.Shop == "rome" && attempt == 1)
        {
            throw new HttpRequestException("rome has not answered.");
        }

        // A shop notes that its sales were read, so that it may forget them: once, however often it is asked.
        await world.DoAsync(
            "fetch", $"{request.Night}/{request.Shop}", _ => $"{Amount(request)} of sales", cancellationToken);
        return new Sales(request.Shop, Amount(request));
    }

    private static int Amount(Request request) => request.Shop.Length * 100;
}
