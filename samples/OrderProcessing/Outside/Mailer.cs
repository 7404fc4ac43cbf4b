using Samples;

namespace OrderProcessing;

/// <summary>Writes to customers.</summary>
public sealed class Mailer(OutsideWorld world)
{
    public async Task<string> SendAsync(Mail mail, CancellationToken cancellationToken)
    {
        var sent = await world.DoAsync(
            "mail", mail.Order.Number, _ => $"to {mail.Order.Customer}: {mail.Text}", cancellationToken);
        return sent!.Detail;
    }
}
