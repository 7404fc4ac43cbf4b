namespace Hydra.Tests.Servers;

/// <summary>What is said over one connection, as far as a proxy has to understand it.</summary>
internal abstract class Dialogue
{
    private volatile bool _isJudged;

    /// <summary>Whether the proxy asks what is to become of messages.</summary>
    public bool IsJudged
    {
        get => _isJudged;
        set => _isJudged = value;
    }

    /// <summary>Reads one message of the client with its head, as it is to be passed on.</summary>
    /// <exception cref="IOException">There is none any more.</exception>
    public abstract Task<byte[]> ReadRequestAsync(Stream client, CancellationToken cancellationToken);

    /// <summary>Reads one message of the server with its head, as it is to be passed on.</summary>
    /// <exception cref="IOException">There is none any more.</exception>
    public abstract Task<byte[]> ReadAnswerAsync(Stream server, CancellationToken cancellationToken);

    /// <summary>The text of what a message of the client executes, or null when it is about something else.</summary>
    public abstract string? Executed(byte[] request);

    /// <summary>What a message of the server says to be complete, or null when it is about something else.</summary>
    public abstract string? Completed(byte[] answer);

    /// <summary>What a message of the server tells besides answers, or null when it does not.</summary>
    public virtual string? Noticed(byte[] answer) => null;
}
