using System.Text.Json;

namespace Hydra;

/// <summary>
/// Writes everything that is recorded of an execution as one line of JSON that can be read back, so that it can be
/// replayed elsewhere: in another program, without the database.
/// </summary>
/// <remarks>
/// Inputs and outputs stand in it as they are recorded, and so does whatever secret they hold. For people and tools
/// there is <see cref="ExecutionJson"/>.
/// </remarks>
public static class HistoryJson
{
    /// <summary>Writes an execution.</summary>
    /// <param name="details">What is recorded.</param>
    /// <returns>One line of JSON, without a line end.</returns>
    public static string Format(ExecutionDetails details)
    {
        ArgumentNullException.ThrowIfNull(details);
        return JsonSerializer.Serialize(details, HistoryJsonContext.Default.ExecutionDetails);
    }

    /// <summary>Reads what <see cref="Format"/> has written.</summary>
    /// <param name="json">The JSON.</param>
    /// <exception cref="FormatException">It is no such JSON.</exception>
    public static ExecutionDetails Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            return JsonSerializer.Deserialize(json, HistoryJsonContext.Default.ExecutionDetails)
                ?? throw new FormatException("The history of an execution is an object, not null.");
        }
        catch (JsonException e)
        {
            throw new FormatException($"This is no history of an execution: {e.Message}", e);
        }
    }
}
