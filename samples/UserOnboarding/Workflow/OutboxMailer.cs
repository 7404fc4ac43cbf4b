using System.Text;
using System.Text.Json;
using Hydra;

namespace Onboarding;

/// <summary>"Sends" mails by appending them to a file, each at most once.</summary>
/// <remarks>
/// The body of a step runs at least once: if the process dies after the mail went out and before the step was recorded,
/// the body runs again. So the mail carries a key, execution plus step, and what is in the outbox already is not
/// written again. A real mail provider takes the same key as its idempotency key; one without such a thing would send
/// that mail twice. Safe from many threads and processes at once.
/// </remarks>
public sealed class OutboxMailer(string path) : IEmailSender
{
    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(200); // What a mail server would take.

    private static readonly TimeSpan LockRetry = TimeSpan.FromMilliseconds(10);

    public async Task<EmailResponse> SendAsync(EmailRequest mail, CancellationToken cancellationToken)
    {
        var step = StepContext.Current ?? throw new InvalidOperationException("Mails are sent from step bodies only.");
        var key = $"{step.ExecutionId}/{step.StepKey}";
        await Task.Delay(Latency, cancellationToken);

        await using var outbox = await OpenAsync(cancellationToken);
        var sent = await ReadAsync(outbox, cancellationToken);
        if (sent.FirstOrDefault(other => other.Key == key) is not { } line)
        {
            line = new OutboxLine(key, $"msg-{sent.Count + 1}", mail, DateTimeOffset.UtcNow);
            await outbox.WriteAsync(
                (byte[])[.. JsonSerializer.SerializeToUtf8Bytes(line, JsonSerializerOptions.Web), (byte)'\n'],
                cancellationToken);
            outbox.Flush(flushToDisk: true);
        }

        return new EmailResponse(line.MessageId, "sent");
    }

    /// <summary>Opens the file for this call alone.</summary>
    private async Task<FileStream> OpenAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path)) // Another call has it open.
            {
                await Task.Delay(LockRetry, cancellationToken);
            }
        }
    }

    /// <summary>Reads the mails and leaves the stream behind the last whole line; a torn one was never sent.</summary>
    private static async Task<List<OutboxLine>> ReadAsync(FileStream outbox, CancellationToken cancellationToken)
    {
        var bytes = new byte[outbox.Length];
        await outbox.ReadExactlyAsync(bytes, cancellationToken);
        var whole = Array.LastIndexOf(bytes, (byte)'\n') + 1;
        outbox.SetLength(whole);
        outbox.Position = whole;
        return Encoding.UTF8.GetString(bytes, 0, whole)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonSerializer.Deserialize<OutboxLine>(line, JsonSerializerOptions.Web)!)
            .ToList();
    }

    private sealed record OutboxLine(string Key, string MessageId, EmailRequest Mail, DateTimeOffset SentAt);
}
