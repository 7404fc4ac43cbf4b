namespace Hydra.Tests.Units;

public class PayloadTests
{
    [Theory]
    [InlineData("application/json", 0, 20)]
    [InlineData("application/octet-stream", 7, 20)]
    [InlineData("application/x-protobuf", 65_535, 43)]
    [InlineData("x", 1, 22)]
    public void A_payload_comes_back_from_its_envelope(string contentType, int version, int offset)
    {
        var payload = Payload.Create("""{"id":"7"}"""u8, contentType, version);

        var read = Payload.FromEnvelope(payload.Envelope.ToArray());

        Assert.Equal(payload, read);
        Assert.Equal((contentType, version, 0), (read.ContentType, read.Version, read.CodecId));
        Assert.Equal("""{"id":"7"}"""u8, read.Data.Span);
        Assert.Equal(offset + 10, read.Length);
        Assert.False(read.IsNone);
    }

    [Fact]
    public void The_layout_of_an_envelope_never_changes()
    {
        var payload = Payload.Create("""{"id":"7"}"""u8, version: 258);

        Assert.Equal(
            "01" + "01" + "0102" + "00" + "00" + "389bf6f649e1a6dca027ed7b7d51" + "7b226964223a2237227d",
            Convert.ToHexStringLower(payload.Envelope.Span));
        Assert.Equal("389bf6f649e1a6dca027ed7b7d51", payload.HashText);
        Assert.Equal(payload.HashText, Payload.ComputeHashText("""{"id":"7"}"""u8));
    }

    [Fact]
    public void No_value_is_an_empty_envelope()
    {
        var none = Payload.FromEnvelope(default);

        Assert.True(none.IsNone);
        Assert.Equal(default, none);
        Assert.Equal(("", 0, 0, ""), (none.ContentType, none.Version, none.Length, none.HashText));
        Assert.True(none.Data.IsEmpty && none.Hash.IsEmpty);
        Assert.Equal("none", none.ToString());
    }

    [Fact]
    public void No_data_is_a_value_all_the_same()
    {
        var empty = Payload.Create([]);

        Assert.False(empty.IsNone);
        Assert.False(empty.HasSamePlaintext(default));
        Assert.True(empty.HasSamePlaintext(Payload.FromEnvelope(empty.Envelope)));
    }

    [Theory]
    [InlineData("02010000000000000000000000000000000000ff00")] // A format that does not exist yet.
    [InlineData("0101")] // Cut off.
    [InlineData("01ff0000000000000000000000000000000000ff")] // A named type without its name.
    [InlineData("01ff0000000000000000000000000000000000ff0561")] // A name that is cut off.
    public void Bytes_that_are_no_envelope_are_refused(string bytes)
    {
        Assert.Throws<PayloadException>(() => Payload.FromEnvelope(Convert.FromHexString(bytes)));
    }

    [Fact]
    public void An_unknown_content_type_is_told_when_it_is_asked_for()
    {
        var bytes = Payload.Create("1"u8).Envelope.ToArray();
        bytes[1] = 77;

        var thrown = Assert.Throws<PayloadException>(() => Payload.FromEnvelope(bytes).ContentType);

        Assert.Contains("77", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Payloads_are_compared_by_plaintext_type_and_version()
    {
        var one = Payload.Create("1"u8);

        Assert.True(one.HasSamePlaintext(Payload.Create("1"u8)));
        Assert.False(one.HasSamePlaintext(Payload.Create("2"u8)));
        Assert.False(one.HasSamePlaintext(Payload.Create("1"u8, "application/octet-stream")));
        Assert.False(one.HasSamePlaintext(Payload.Create("1"u8, version: 1)));
        Assert.True(one == Payload.Create("1"u8) && one != Payload.Create("2"u8));
        Assert.Equal(one.GetHashCode(), Payload.Create("1"u8).GetHashCode());
    }

    [Fact]
    public void What_cannot_be_in_an_envelope_is_refused()
    {
        Assert.Throws<ArgumentException>(() => Payload.Create("1"u8, " "));
        Assert.Throws<ArgumentException>(() => Payload.Create("1"u8, new string('x', 201)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Payload.Create("1"u8, version: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Payload.Create("1"u8, version: 65_536));
    }

    [Fact]
    public void Its_text_never_shows_the_content()
    {
        Assert.DoesNotContain("secret", Payload.Create("\"secret\""u8).ToString(), StringComparison.Ordinal);
    }
}
