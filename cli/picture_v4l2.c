/* SPDX-License-Identifier: MIT */
/* A camera of the kernel's (V4L2): buffers mapped into memory, motion JPEG or raw YUYV. The only place of linux/videodev2.h. */
#include <errno.h>
#include <fcntl.h>
#include <libavcodec/avcodec.h>
#include <libswscale/swscale.h>
#include <linux/videodev2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "picture.h"
#include "scaler.h"

#define BUFFERS 4

struct camera_source {
    struct picture_source source;
    int fd;
    struct {
        void *data;
        size_t len;
    } buffer[BUFFERS];
    uint32_t buffers, width_px, height_px, stride, format;
    AVCodecContext *jpeg;
    AVPacket *packet;
    AVFrame *frame;
    struct SwsContext *scaler;
};

static int ask(const struct camera_source *c, unsigned long what, void *arg)
{
    int r;
    do
        r = ioctl(c->fd, what, arg);
    while (r < 0 && errno == EINTR);
    return r;
}

static bool set_format(struct camera_source *c, uint32_t pixels, uint32_t width_px, uint32_t height_px)
{
    struct v4l2_format f = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    f.fmt.pix.width = width_px;
    f.fmt.pix.height = height_px;
    f.fmt.pix.pixelformat = pixels;
    f.fmt.pix.field = V4L2_FIELD_ANY;
    if (ask(c, VIDIOC_S_FMT, &f) < 0 || f.fmt.pix.pixelformat != pixels)
        return false;
    c->width_px = f.fmt.pix.width;
    c->height_px = f.fmt.pix.height;
    c->stride = f.fmt.pix.bytesperline;
    c->format = pixels;
    return true;
}

static void set_rate(const struct camera_source *c, uint32_t fps)
{
    struct v4l2_streamparm p = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    p.parm.capture.timeperframe.numerator = 1;
    p.parm.capture.timeperframe.denominator = fps;
    ask(c, VIDIOC_S_PARM, &p); /* a camera that cannot keeps its own pace */
}

static bool give_buffer(const struct camera_source *c, uint32_t index)
{
    struct v4l2_buffer b = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP, .index = index};
    return ask(c, VIDIOC_QBUF, &b) == 0;
}

static bool map_buffer(struct camera_source *c, uint32_t index)
{
    struct v4l2_buffer b = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP, .index = index};
    if (ask(c, VIDIOC_QUERYBUF, &b) < 0)
        return false;
    void *data = mmap(NULL, b.length, PROT_READ | PROT_WRITE, MAP_SHARED, c->fd, b.m.offset);
    if (data == MAP_FAILED)
        return false;
    c->buffer[index].data = data;
    c->buffer[index].len = b.length;
    c->buffers = index + 1;
    return give_buffer(c, index);
}

static bool start(struct camera_source *c)
{
    struct v4l2_requestbuffers r = {.count = BUFFERS, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
    if (ask(c, VIDIOC_REQBUFS, &r) < 0 || r.count == 0)
        return false;
    for (uint32_t i = 0; i < r.count && i < BUFFERS; i++)
        if (!map_buffer(c, i))
            return false;
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    return ask(c, VIDIOC_STREAMON, &type) == 0;
}

static bool open_jpeg(struct camera_source *c)
{
    const AVCodec *codec = avcodec_find_decoder(AV_CODEC_ID_MJPEG);
    c->jpeg = codec ? avcodec_alloc_context3(codec) : NULL;
    return c->jpeg && avcodec_open2(c->jpeg, codec, NULL) >= 0;
}

/* ---- pictures ---- */

static const AVFrame *from_jpeg(struct camera_source *c, void *data, size_t len)
{
    c->packet->data = data;
    c->packet->size = (int)len;
    if (avcodec_send_packet(c->jpeg, c->packet) < 0 || avcodec_receive_frame(c->jpeg, c->frame) < 0)
        return NULL;
    return c->frame;
}

static const AVFrame *from_yuyv(struct camera_source *c, void *data, size_t len)
{
    if (len < (size_t)c->stride * c->height_px)
        return NULL;
    c->frame->data[0] = data;
    c->frame->linesize[0] = (int)c->stride;
    c->frame->width = (int)c->width_px;
    c->frame->height = (int)c->height_px;
    c->frame->format = AV_PIX_FMT_YUYV422;
    return c->frame;
}

/* The newest picture that the camera has ready; older ones go back at once. */
static int take_newest(const struct camera_source *c, struct v4l2_buffer *newest)
{
    int have = 0;
    for (;;) {
        struct v4l2_buffer b = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
        if (ask(c, VIDIOC_DQBUF, &b) < 0)
            return errno == EAGAIN ? have : ERR_IO;
        if (have)
            give_buffer(c, newest->index);
        *newest = b;
        have = 1;
    }
}

static int camera_next(struct picture_source *s, struct vpx_picture *out, usec_t now, int64_t unix_ms)
{
    struct camera_source *c = (struct camera_source *)s;
    struct v4l2_buffer b = {0};
    (void)now, (void)unix_ms;
    int have = take_newest(c, &b);
    if (have <= 0 || b.index >= c->buffers)
        return have < 0 ? have : 0;
    void *data = c->buffer[b.index].data;
    const AVFrame *f = c->jpeg ? from_jpeg(c, data, b.bytesused) : from_yuyv(c, data, b.bytesused);
    int ok = f && scaler_run(&c->scaler, f, out) == 0;
    give_buffer(c, b.index);
    return ok;
}

static void camera_del(struct picture_source *s)
{
    struct camera_source *c = (struct camera_source *)s;
    for (uint32_t i = 0; i < c->buffers; i++)
        munmap(c->buffer[i].data, c->buffer[i].len);
    if (c->fd >= 0)
        close(c->fd);
    if (!c->jpeg && c->frame)
        c->frame->data[0] = NULL;
    avcodec_free_context(&c->jpeg);
    av_packet_free(&c->packet);
    av_frame_free(&c->frame);
    sws_freeContext(c->scaler);
    free(c);
}

static const char *open_camera(struct camera_source *c, const char *device, uint32_t width_px, uint32_t height_px, uint32_t fps)
{
    c->fd = open(device, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (c->fd < 0)
        return errno == EACCES ? "the camera may not be opened by this user" : "there is no such camera";
    c->packet = av_packet_alloc();
    c->frame = av_frame_alloc();
    if (!c->packet || !c->frame)
        return "memory is short";
    bool jpeg = set_format(c, V4L2_PIX_FMT_MJPEG, width_px, height_px) && open_jpeg(c);
    if (!jpeg && !set_format(c, V4L2_PIX_FMT_YUYV, width_px, height_px))
        return "the camera gives neither motion JPEG nor YUYV";
    set_rate(c, fps);
    return start(c) ? NULL : "the camera does not start: is another program using it?";
}

struct picture_source *picture_camera(const char *device, uint32_t width_px, uint32_t height_px, uint32_t fps, const char **why)
{
    static const struct picture_ops ops = {camera_next, camera_del};
    struct camera_source *c = calloc(1, sizeof *c);
    *why = "memory is short";
    if (!c)
        return NULL;
    c->source.ops = &ops;
    c->fd = -1;
    *why = open_camera(c, device, width_px, height_px, fps);
    if (!*why)
        return &c->source;
    camera_del(&c->source);
    return NULL;
}
